using TorchSharp;

namespace TorchPort.Tests;

public class ConformanceTests
{
    // Runs the notebook's own cells with the learning rate and the epochs of each setting.
    private const string Script = """
        import json, re, sys

        notebook = json.load(open(sys.argv[1], encoding='utf-8'))
        cells = {cell.get('execution_count'): ''.join(cell['source']) for cell in notebook['cells']}
        names = {}
        exec(cells[1], names)
        for setting in sys.stdin:
            number, lr, epochs = setting.split()
            cell = re.sub(r'\blr( ?= ?)[0-9.]+', rf'lr\g<1>{lr}', cells[int(number)])
            cell = cell.replace('nb_epochs = 10', f'nb_epochs = {epochs}')
            exec(re.sub(r'{:\.\df}', '{:.9g}', cell), names)
            print()
        """;

    private sealed record Setting(int Cell, double LearningRate, int Epochs);

    [Fact]
    public void Matches_PyTorch_bit_for_bit_at_300_random_settings()
    {
        Assert.SkipWhen(Python.WithTorch is null, Python.TorchRequired);
        var random = new Random(1);
        Setting[] settings = [.. Enumerable.Range(0, 300).Select(_ => RandomSetting(random))];

        var input = settings.Select(setting => $"{setting.Cell} {setting.LearningRate:R} {setting.Epochs}\n");
        var pytorch = TestProcess.RunWithInput(string.Concat(input), Python.WithTorch!, ["-c", Script, TestProcess.Notebook]);
        Assert.True(pytorch.ExitCode == 0, pytorch.Stderr);
        var expected = pytorch.Stdout.ReplaceLineEndings("\n").Split("\n\n");

        Assert.Equal(settings.Length + 1, expected.Length);
        Assert.All(settings, (setting, i) => Assert.Equal(expected[i].Split('\n'), Port(setting)));
    }

    // Half of the learning rates are close to the divergence threshold, down to the last bit of a float32.
    private static Setting RandomSetting(Random random)
    {
        var cell = random.Next(2, 4);
        var threshold = cell == 2 ? 1.0 / 7 : 3.0 / 14;
        var distance = Math.Pow(10, -8 * random.NextDouble());
        var close = random.Next(2) == 0 ? threshold * (1 - distance) : threshold * (1 + distance);
        var any = Math.Pow(10, (11 * random.NextDouble()) - 8);
        var epochs = (int)Math.Pow(201, random.NextDouble());
        return new Setting(cell, random.Next(2) == 0 ? close : any, epochs);
    }

    private static List<string> Port(Setting setting)
    {
        var lines = new List<string>();
        var exact = new PythonFormat(exact: true);
        var notebook = new Notebook(line => lines.Add(line.ToString(exact)), setting.Epochs, setting.LearningRate);
        using var scope = torch.NewDisposeScope();
        Action cell = setting.Cell == 2 ? notebook.In2_FullCode : notebook.In3_FullCodeWithTorchOptim;
        cell();
        return lines;
    }
}
